std = "min"
max_line_length = 100
files["spec"] = { std = "min+busted", max_line_length = 120 }
exclude_files = { "build" }
