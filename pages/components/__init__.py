"""What several pages share: one component a file, each a plain function returning Dash elements."""
