-- What a program does that is about to make its first call.

assert(require("glacier").client {
  region = "us-west-2",
  credentials = {
    access_key_id = "AKIDEXAMPLE",
    secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  },
})
