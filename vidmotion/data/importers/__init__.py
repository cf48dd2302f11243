"""Other people's files of motion to packed folders (`vidmotion.data.mocap`): a file for each format.

Numpy only; nothing in a file is ever run. Knows neither pictures nor networks.
"""
