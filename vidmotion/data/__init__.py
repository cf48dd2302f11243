"""Training data: packed motion capture and stores of footage, and the batches that are drawn from them.

    mocap, packed_keypoints, packed_writer   packed folders: 3D motion and 2D points, read and written
    store, light_pack, summary               stores of footage, the small files that carry them, and their contents
    mocap_windows, footage_windows           random windows of both
    augment, detector_noise                  cameras, bone lengths and simulated detector errors
    labelled_videos                          the 2D points of videos that are sorted into folders by class
    importers/                               other formats to packed folders
    synthetic/                               footage that is drawn, with exact labels

All but `synthetic` need numpy and torch only: no detector, no OpenCV.
"""
