"""The clip of a file that holds one rig: what programs add to it or leave out is put right, then it becomes a body."""

from __future__ import annotations

from vidmotion.data.importers.cmu_rig import mend_cmu_rig
from vidmotion.data.importers.first_frame import without_calibration_frame
from vidmotion.data.importers.floor import on_floor
from vidmotion.data.importers.importer import ImportFile, ImportOptions, at_rate, rotations_at_rate
from vidmotion.data.importers.rig import RigMotion, to_body
from vidmotion.data.packed_writer import NewClip
from vidmotion.geometry.rotations import matrix_to_axis_angle


def rig_clip(file: ImportFile, rig: RigMotion, rate: float, options: ImportOptions) -> NewClip:
    """The clip of a file with `rate` frames/s.

    Raises:
        InputError: as `to_body`, or no file has such a rate.
    """
    rig = without_calibration_frame(mend_cmu_rig(rig, file.note), file.note)
    body = to_body(rig, options.unit, options.up, file.note)
    joints = on_floor(at_rate(body.joints, rate), file.note)
    rotations = None if body.rotations is None else matrix_to_axis_angle(rotations_at_rate(body.rotations, rate))
    subject = _subject(file)
    return NewClip(file.name, subject, options.split_of(subject), joints, rotations)


def _subject(file: ImportFile) -> str:
    """The subject of a file: "07" for 07_12.bvh, as CMU names its files, otherwise the folder's name."""
    before, _, after = file.path.stem.partition("_")
    return before if before.isdigit() and after.isdigit() else file.path.absolute().parent.name
