"""The application that Streamlit serves: the dashboard's script behind the guard."""

from pathlib import Path

from starlette.middleware import Middleware
from streamlit import config
from streamlit.starlette import App

from ganbench.dashboard.guard import Guard

app = App(
    Path(__file__).with_name("dashboard.py"),
    middleware=[Middleware(Guard, hosts=config.get_option("server.allowedHosts"))],
)
