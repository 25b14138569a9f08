# For Packer 1.7 and newer: `packer init image/plugins.pkr.hcl`, once. Packer 1.6.6 has the builder inside and refuses this
# block, so it does not stand in Packer.pkr.hcl.
packer {
  required_plugins {
    qemu = {
      version = ">= 1.0.0"
      source  = "github.com/hashicorp/qemu"
    }
  }
}
