"""Many videos in several processes: which clips there are, their states, the workers, the summary.

What is finished stays, whatever happens to a worker or to the process that gives it work: the states of all clips are
in one file, to which lines are only added.
"""
