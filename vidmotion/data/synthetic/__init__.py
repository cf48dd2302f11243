"""Synthetic footage: drawn people whose motion is known exactly, and the output of a real detector for them.

    recipe            what one clip contains, as JSON
    random_recipe     draws random recipes
    mocap_rotations   reads the joint rotations of packed motion capture
    labels            the exact labels of a clip: bodies, joints, camera
    frame_camera      a camera at one frame
    scenery           draws the random appearance of a clip
    room, background  draw the surroundings without people
    clothing, people  draw clothed bodies into them
    procedural_noise  noise for the surfaces of drawn things
    render_clip       renders and encodes a clip
    run_detector      runs the detector on a clip and matches its tracks with the people
    generate          does all of this for many clips, in several processes
    unpack            makes a store from a light pack, without drawing

`recipe`, `mocap_rotations`, `labels`, `frame_camera` and `unpack` need numpy only; drawing needs numba, OpenCV and
PyAV.
"""
