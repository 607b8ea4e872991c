"""Plans: what each step does, and which files tables and figures rest on."""
