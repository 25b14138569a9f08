# The image of weir, from top to bottom: a small Debian 13 is booted, provisioned over SSH, verified and switched off.
# `image/build` makes what stands in build/ beforehand, and afterwards seals the result into build/weir.qcow2 (image/seal).
# Written in what Packer 1.6.6 and current versions share; current ones want `packer init image/plugins.pkr.hcl` first.

variable "version" {
  type        = string
  description = "The version of weir that goes into the image."
}

variable "accelerator" {
  type        = string
  default     = "tcg"
  description = "kvm or tcg: what image/accelerator found to work."
}

variable "cpu" {
  type        = string
  default     = "max"
  description = "QEMU's CPU model: host with kvm, max with tcg."
}

variable "memory" {
  type        = number
  default     = 2048
  description = "Memory of the machine while it is built, in MB."
}

# The base system: build/base.tar, made by mmdebstrap from Debian's archive (image/base) and laid on an ext4 disk
# without partitions (image/disk). Its kernel is started directly, so that no boot loader is needed before there is one.
source "qemu" "weir" {
  disk_image   = true
  iso_url      = "build/packer/disk.raw"
  iso_checksum = "none"
  format       = "raw"
  skip_resize_disk = true
  disk_cache   = "unsafe"
  disk_discard = "unmap"

  accelerator = var.accelerator
  headless    = true
  cpus        = 2
  memory      = var.memory
  net_device  = "virtio-net"
  qemuargs = [
    ["-cpu", var.cpu],
    ["-kernel", "build/packer/vmlinuz"],
    ["-initrd", "build/packer/initrd.img"],
    ["-append", "root=/dev/vda rw console=ttyS0 quiet"],
    ["-serial", "file:build/packer/console.log"],
  ]

  ssh_username         = "root"
  ssh_private_key_file = "build/packer/key"
  ssh_timeout          = "10m"
  shutdown_command     = "systemctl poweroff"
  shutdown_timeout     = "5m"

  output_directory = "build/packer/out"
  vm_name          = "weir.raw"
}

build {
  sources = ["source.qemu.weir"]

  # What weir adds to Debian: image/rootfs as an archive, and weir itself as a package (image/stage).
  provisioner "file" {
    source      = "build/stage.tar"
    destination = "/tmp/stage.tar"
  }

  # The same scripts, unchanged, make the container in which the tests run (image/container).
  provisioner "shell" {
    environment_vars = ["WEIR_VERSION=${var.version}"]
    scripts = [
      "image/provision/00-stage.sh",
      "image/provision/10-packages.sh",
      "image/provision/20-weir.sh",
      "image/provision/30-boot.sh",
      "image/provision/90-clean.sh",
    ]
  }

  # The machine itself says whether it is what it should be.
  provisioner "shell" {
    script = "image/verify"
  }
}
