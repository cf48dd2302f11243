#!/bin/bash
# A batch in parts that need nothing of each other, without Ray: each task of the array lifts one part of a manifest.
#
#     deploy/divide.sh clips.csv 16               # part-00.csv to part-15.csv, beside the manifest
#     sbatch --array=0-15 deploy/slurm-array.sh FOLDER_OF_THE_PARTS RESULTS [OPTION OF BATCH ...]
#
# The same command again does what is not done, after a time limit too.
#SBATCH --cpus-per-task=8
#SBATCH --mem=8G
#SBATCH --time=12:00:00
set -euo pipefail
part=$(printf 'part-%02d' "$SLURM_ARRAY_TASK_ID")
exec vidmotion batch "$1/$part.csv" -o "$2/$part" -j "$SLURM_CPUS_PER_TASK" -q "${@:3}"
