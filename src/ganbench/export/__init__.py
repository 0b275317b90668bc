"""Write a trained model as a folder for other programs: weights, ONNX or a torch.export program, and a card."""
