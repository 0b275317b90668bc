"""Write a trained model as a folder that other programs can use: weights, ONNX or a torch.export program, and a card."""
