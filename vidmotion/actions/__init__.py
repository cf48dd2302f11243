"""What people do: timelines of action tags, and libraries of motions learned from examples."""
