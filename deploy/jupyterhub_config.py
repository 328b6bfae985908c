"""For The Littlest JupyterHub: tljh.sh puts it into /opt/tljh/config/jupyterhub_config.d."""

# ruff: noqa: F821 - JupyterHub defines c
c.Spawner.environment = {
    "GRADCAM_LAB_OFFLINE": "1",  # a class does not download 528 MB forty times
    # VGG16 (gradcam-lab prefetch vgg16 --to /srv/data/gradcam):
    # "GRADCAM_LAB_WEIGHTS": "/srv/data/gradcam",
}
c.Spawner.http_timeout = 120  # seconds until a server must answer: all log in at once
