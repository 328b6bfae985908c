"""Build ``assets/trained_cnn.keras``: the course's network, trained as the course trains it.

Ten epochs, batches of 64, Adam, on the 3,000 training digits. The seed is fixed; on another
processor the weights still differ a little, and so may the last digits of the accuracy.

Run it from the project's root: ``python tools/train_cnn.py``
"""

from sources import ASSETS, save

from gradcam_lab import build_cnn, load_mnist
from gradcam_lab._tensorflow import keras

SEED = 1


def main() -> None:
    """Train, check and save the network."""
    keras.utils.set_random_seed(SEED)
    digits = load_mnist()
    model = build_cnn()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(digits.train_x, digits.train_y, epochs=10, batch_size=64, verbose=2)
    _, accuracy = model.evaluate(digits.test_x, digits.test_y, verbose=0)
    if accuracy < 0.95:
        raise RuntimeError(f"test accuracy {accuracy:.3f} is below 0.95: choose another seed")
    trained = build_cnn()  # without the optimizer's state, which nobody needs
    trained.set_weights(model.get_weights())
    path = ASSETS / "trained_cnn.keras"
    save(trained, path)
    print(f"{path.name}: test accuracy {accuracy:.3f}, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
