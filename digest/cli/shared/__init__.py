"""What every command needs: the installation it is for, its log, its words for counts and faults."""
