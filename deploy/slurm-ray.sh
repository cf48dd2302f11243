#!/bin/bash
# One batch on several machines of Slurm: Ray's processes on all of them, and one folder of results.
#
#     sbatch deploy/slurm-ray.sh SOURCE... -o RESULTS [OPTION OF BATCH ...]
#
# The same command again does what is not done, after a time limit too.
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --cpus-per-task=16
#SBATCH --mem=16G
#SBATCH --time=12:00:00
set -euo pipefail
# Only this job may use its cluster. `symmetric-run` starts Ray on each machine, the command on the first, and ends all.
RAY_AUTH_TOKEN=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
export RAY_AUTH_TOKEN RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0 RAY_SYMMETRIC_RUN_CLUSTER_WAIT_TIMEOUT=300
first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
address=$(getent ahostsv4 "$first" | awk 'NR == 1 {print $1}'):6379
srun --kill-on-bad-exit ray symmetric-run --address "$address" --min-nodes "$SLURM_JOB_NUM_NODES" \
  --num-cpus="$SLURM_CPUS_PER_TASK" -- \
  vidmotion batch "$@" --ray "$address"
