"""Imports motion from other formats into packed folders (`vidmotion.data.mocap`): one module for each format.

`import_files` finds and reads the files, `importer` holds what the formats share, `rig` and `rig_joint_names` turn a
rig into Human3.6M's joints. Needs numpy only; code in a file is never run. Does not depend on pictures or networks.
"""
