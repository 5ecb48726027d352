"""What readers find, cite and are shown of it: postings and shelf, marked words, citations."""
