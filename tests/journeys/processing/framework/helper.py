WORDS = "beside it"
