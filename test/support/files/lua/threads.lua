-- one in each thread
core.register_converters('shout', function(text) return string.upper(text) end)
