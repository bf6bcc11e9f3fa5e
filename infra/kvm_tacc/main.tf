# KVM@TACC: one head and its workers on a reserved flavor, a floating IP and a volume on the head.

provider "openstack" {
  cloud = var.cloud
}

locals {
  nodes     = concat(["head"], [for worker in range(var.workers) : "worker-${worker + 1}"])
  addresses = { for place, node in local.nodes : node => cidrhost(var.private_cidr, 10 + place) }
  web_cidr  = coalesce(var.web_cidr, var.operator_cidr)
}

data "openstack_networking_network_v2" "shared" {
  name = "sharednet1"
}

module "network" {
  source = "../modules/network"

  name         = var.name
  private_cidr = var.private_cidr
  ingress = {
    ssh   = { port = 22, cidr = var.operator_cidr }
    http  = { port = 80, cidr = local.web_cidr }
    https = { port = 443, cidr = local.web_cidr }
  }
}

module "node" {
  source   = "../modules/node"
  for_each = local.addresses

  name      = "${var.name}-${each.key}"
  image     = var.image
  flavor_id = var.reserved_flavor_id
  key_pair  = var.key_pair
  shared = {
    network_id        = data.openstack_networking_network_v2.shared.id
    security_group_id = module.network.security_group_id
  }
  private = merge(module.network.private, { address = each.value })

  # The head alone: a list of all nodes would rebuild every node when one is added.
  hosts = { "${var.name}-head" = local.addresses["head"] }
}

resource "openstack_networking_floatingip_v2" "head" {
  pool    = "public"
  port_id = module.node["head"].shared_port_id
}

resource "openstack_blockstorage_volume_v3" "data" {
  name        = "${var.name}-data"
  description = "The workspace: recordings, windows, models, MLflow"
  size        = var.volume_gb
}

resource "openstack_compute_volume_attach_v2" "data" {
  instance_id = module.node["head"].instance_id
  volume_id   = openstack_blockstorage_volume_v3.data.id
}
