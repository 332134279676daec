"""Who follows what, what happened since they were last told, and how they are told: by mail or by a group's robot."""
