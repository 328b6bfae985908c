"""Networks that were trained on ImageNet, and networks of one's own: for photographs."""
