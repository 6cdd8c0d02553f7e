"""The incident database: SQLAlchemy is used here and nowhere else."""
