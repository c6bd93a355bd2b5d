# What the demos run in: read by them (`.`), from the root, with OUT set.
export LUA_PATH="./?.lua;lua/?.lua;lua/?/init.lua;;"
export LUA_CPATH="$OUT/?.so;;"
# What is set for the AWS tools would lead elsewhere.
for variable in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p') \
    http_proxy all_proxy ALL_PROXY; do
  unset "$variable"
done
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
export AWS_REGION=us-west-2
export AWS_ACCESS_KEY_ID=AKIDEXAMPLE
export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
