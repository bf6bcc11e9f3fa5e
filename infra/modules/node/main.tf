# One instance on two networks: the shared one, guarded, and the private one between the nodes.

resource "openstack_networking_port_v2" "shared" {
  name               = "${var.name}-shared"
  network_id         = var.shared.network_id
  security_group_ids = [var.shared.security_group_id]
}

resource "openstack_networking_port_v2" "private" {
  name                  = "${var.name}-private"
  network_id            = var.private.network_id
  port_security_enabled = false

  fixed_ip {
    subnet_id  = var.private.subnet_id
    ip_address = var.private.address
  }
}

resource "openstack_compute_instance_v2" "node" {
  name       = var.name
  image_name = var.image
  flavor_id  = var.flavor_id
  key_pair   = var.key_pair
  user_data  = templatefile("${path.module}/cloud-init.yaml.tftpl", { hosts = var.hosts })

  # The order is the order of the interfaces: the default route belongs to the first.
  network {
    port = openstack_networking_port_v2.shared.id
  }

  network {
    port = openstack_networking_port_v2.private.id
  }
}
