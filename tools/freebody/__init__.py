"""The free body that ships with vidmotion, and the scripts that made it; nothing else imports these modules."""
