"""The police's dashboard: who needs help, where, for how long, and whether somebody has it."""
