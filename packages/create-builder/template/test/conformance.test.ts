// placeholder: filled in when the suite's entry is final
