"""Which formats FFmpeg may open as a video. Playlists and scripts are left out, as FFmpeg reads the files they name."""

from __future__ import annotations

import os

ENVIRONMENT = "VIDMOTION_VIDEO_FORMATS"
"""Environment variable: further formats by FFmpeg's names, such as `hls,concat`, for files that the user trusts."""

_FILMS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpegtsraw,mpeg,mpegvideo,flv,live_flv,asf,asf_o,ogg,mxf,gxf,dv,"
    "rm,wtv,pva,nut,nuv,nsv,ivf,iv8,mlv,mtv,mv,lxf,lmlm4,amv,dhav,film_cpk,roq,smk,bink,vivo,xmv,yop,r3d,ser,cine"
)
_STREAMS = (
    "h261,h263,h264,hevc,vvc,evc,av1,obu,m4v,apv,avs,avs2,avs3,cavsvideo,dirac,dnxhd,vc1,mjpeg,mjpeg_2000,mpjpeg,"
    "smjpeg,ingenient,yuv4mpegpipe"
)
_PICTURES = (
    "image2,gif,apng,jpegxl_anim,bmp_pipe,dds_pipe,dpx_pipe,exr_pipe,gif_pipe,hdr_pipe,j2k_pipe,jpeg_pipe,jpegls_pipe,"
    "jpegxl_pipe,jpegxs_pipe,pam_pipe,pbm_pipe,pcx_pipe,pfm_pipe,pgm_pipe,pgmyuv_pipe,png_pipe,ppm_pipe,psd_pipe,"
    "qoi_pipe,sgi_pipe,sunrast_pipe,tiff_pipe,webp_pipe,xbm_pipe,xpm_pipe,xwd_pipe"
)
# They hold no pictures, which is said of them.
_SOUND = "aac,ac3,aiff,amr,au,caf,dts,eac3,flac,mp3,w64,wav,wv"


def allowed_formats() -> str:
    """FFmpeg's names of the formats that may be opened, separated by commas."""
    chosen = os.environ.get(ENVIRONMENT, "").replace(" ", "")
    return ",".join(filter(None, (_FILMS, _STREAMS, _PICTURES, _SOUND, chosen)))
