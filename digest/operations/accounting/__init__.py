"""What became of batches: proven by events, decided by silence or a person, completed; and the send's pace.

Ask `proving` and `deciding` to settle a batch, `completing` whether the send is over, `account_files` for the account
as a file. It may ask issues and what lies below them.
"""
