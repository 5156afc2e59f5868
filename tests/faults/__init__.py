"""Trading under fire: processes killed and frozen, answers lost, databases gone, and a checker."""
