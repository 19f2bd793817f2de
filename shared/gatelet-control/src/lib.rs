//! The control plane: definitions in, deployments out.
