"""HTTP: the API for integrators and the console's pages. The only place with asyncio."""
