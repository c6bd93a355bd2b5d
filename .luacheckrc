std = "min"
max_line_length = 100
files["spec"] = { std = "min+busted", max_line_length = 120 }
files["lua/glacier/types.lua"] = { max_line_length = false }
files["src/types/by_hand.lua"] = { max_line_length = false }
exclude_files = { "build" }
