-- The secret of a deployment's function is derived from a key outside the database, and kept nowhere.
drop table deployment_tokens;
