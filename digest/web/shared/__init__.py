"""What every page needs: the site it is for, its moment, who is signed in, the door of the desk, errors in words."""
