--- The door of the hosts: which one there is, and what a call needs to wait in
-- it.

local abandoned = require("glacier.host.abandoned")
local choice = require("glacier.host.choice")
local frame = require("glacier.host.frame")
local protected = require("glacier.host.protected")
local scheduler = require("glacier.host.scheduler")
local task = require("glacier.host.task")
local together = require("glacier.host.together")
local waiting = require("glacier.host.waiting")

return {
  abandoned = abandoned,
  choose = choice.choose,
  no_libcurl = choice.no_libcurl,
  frame = frame,
  protected = protected,
  scheduler = scheduler,
  task = task,
  together = together,
  waiting = waiting,
}
