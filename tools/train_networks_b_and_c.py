"""Build ``assets/network_b.keras`` and ``assets/network_c.keras``: lesson 4's two networks.

Both learn from the 3,000 training digits with a mark on every 7. B is the course's network, trained
as ``train_cnn.py`` trains it, with the same seed; C averages its channels over all places. On
another processor the weights differ a little.

Run it from the project's root: ``python tools/train_networks_b_and_c.py``
"""

from sources import ASSETS, save

from gradcam_lab import build_cnn
from gradcam_lab._tensorflow import keras
from gradcam_lab.exercises.two_networks import build_network_c, digits_of_b

SEED = 1


def train(name: str, network: keras.Model, epochs: int, learning_rate: float) -> None:
    """Train, check and save a network."""
    digits = digits_of_b()
    network.compile(keras.optimizers.Adam(learning_rate), "sparse_categorical_crossentropy")
    network.fit(digits.train_x, digits.train_y, epochs=epochs, batch_size=64, verbose=2)
    predicted = network.predict(digits.test_x, verbose=0).argmax(axis=1)
    accuracy = (predicted == digits.test_y).mean()
    if accuracy < 0.94:
        raise RuntimeError(f"test accuracy {accuracy:.3f} is below 0.94: choose another seed")
    trained = keras.Model.from_config(network.get_config())  # without the optimizer's state
    trained.set_weights(network.get_weights())
    path = ASSETS / f"{name}.keras"
    save(trained, path)
    print(f"{path.name}: test accuracy {accuracy:.3f}, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    keras.utils.set_random_seed(SEED)
    train("network_b", build_cnn(), epochs=10, learning_rate=0.001)
    keras.utils.set_random_seed(SEED)
    train("network_c", build_network_c(), epochs=20, learning_rate=0.003)
