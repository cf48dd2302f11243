"""Markers of a TRC file as OpenSim reads them.

    python read_opensim.py FILE.trc > places.json

Missing ones are null. Needs the package opensim, in an environment of its own.
"""

import json
import math
import sys

import opensim

table = opensim.TimeSeriesTableVec3(sys.argv[1])
names = list(table.getColumnLabels())
places: dict[str, list[list[float | None]]] = {name: [] for name in names}
for row in range(table.getNumRows()):
    values = table.getRowAtIndex(row)
    for index, name in enumerate(names):
        point = [values[index][axis] for axis in range(3)]
        places[name].append([None if math.isnan(value) else value for value in point])
answer = {
    "reader": f"OpenSim {opensim.GetVersion()}",
    "unit": table.getTableMetaDataString("Units"),
    "rate": float(table.getTableMetaDataString("DataRate")),
    "times": list(table.getIndependentColumn()),
    "places": places,
}
json.dump(answer, sys.stdout)
