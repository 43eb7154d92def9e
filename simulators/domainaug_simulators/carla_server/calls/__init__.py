"""What each remote call does, group by group."""
