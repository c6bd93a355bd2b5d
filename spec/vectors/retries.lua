--- What the standard retry mode decides, the random number being 1.
--
-- Each case: a title, what is given (tokens, max_attempts, longest: the cap
-- of a delay in seconds), then one step a response: status, code, retry_after
-- (the header), and the outcome, the tokens after it and the delay.

return {
  { "two retries, then success", steps = {
    { 500, outcome = "retry", tokens = 486, delay = 0.05 },
    { 500, outcome = "retry", tokens = 472, delay = 0.1 },
    { 200, outcome = "success", tokens = 486 },
  } },
  { "no attempts left", steps = {
    { 502, outcome = "retry", tokens = 486, delay = 0.05 },
    { 502, outcome = "retry", tokens = 472, delay = 0.1 },
    { 502, outcome = "give up", tokens = 472 },
  } },
  { "a quota for one retry", tokens = 14, steps = {
    { 500, outcome = "retry", tokens = 0, delay = 0.05 },
    { 500, outcome = "give up", tokens = 0 },
  } },
  { "an empty quota", tokens = 0, steps = {
    { 500, outcome = "give up", tokens = 0 },
  } },
  { "delays that double", max_attempts = 5, steps = {
    { 500, outcome = "retry", tokens = 486, delay = 0.05 },
    { 500, outcome = "retry", tokens = 472, delay = 0.1 },
    { 500, outcome = "retry", tokens = 458, delay = 0.2 },
    { 500, outcome = "retry", tokens = 444, delay = 0.4 },
    { 500, outcome = "give up", tokens = 444 },
  } },
  { "delays up to the cap", max_attempts = 5, longest = 0.2, steps = {
    { 500, outcome = "retry", tokens = 486, delay = 0.05 },
    { 500, outcome = "retry", tokens = 472, delay = 0.1 },
    { 500, outcome = "retry", tokens = 458, delay = 0.2 },
    { 500, outcome = "retry", tokens = 444, delay = 0.2 },
    { 500, outcome = "give up", tokens = 444 },
  } },
  { "a quota that runs out", tokens = 20, max_attempts = 5, steps = {
    { 500, outcome = "retry", tokens = 6, delay = 0.05 },
    { 502, outcome = "give up", tokens = 6 },
  } },
  { "throttling costs less and waits longer", steps = {
    { 400, code = "Throttling", outcome = "retry", tokens = 495, delay = 1.0 },
    { 200, outcome = "success", tokens = 500 },
  } },
  { "a wait that the service asks for", steps = {
    { 500, retry_after = "1500", outcome = "retry", tokens = 486, delay = 1.5 },
    { 200, outcome = "success", tokens = 500 },
  } },
  { "never less than the delay", steps = {
    { 500, retry_after = "0", outcome = "retry", tokens = 486, delay = 0.05 },
    { 200, outcome = "success", tokens = 500 },
  } },
  { "never more than the delay and 5 s", steps = {
    { 500, retry_after = "10000", outcome = "retry", tokens = 486, delay = 5.05 },
    { 200, outcome = "success", tokens = 500 },
  } },
  { "a header that is no number", steps = {
    { 500, retry_after = "invalid", outcome = "retry", tokens = 486, delay = 0.05 },
    { 200, outcome = "success", tokens = 500 },
  } },
}
