--- The version of lua-glacier (semantic versioning).
return "0.1.0"
