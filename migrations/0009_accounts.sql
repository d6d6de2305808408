-- People may end their account, and with it organizations that nobody else is in.
grant delete on users, organizations to pp_app;
