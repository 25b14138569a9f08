-- what a script may register: an action, a sample, a converter and a service
core.register_action('greet', { 'http-req' }, function(txn, text)
  txn.http:req_set_header('X-Greeting', text)
end, 1)
