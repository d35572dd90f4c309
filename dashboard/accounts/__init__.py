"""Who may sign in to the dashboard, and how: by a password kept here, or at a provider of OpenID Connect."""
