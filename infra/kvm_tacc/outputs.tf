output "floating_ip" {
  description = "The head's public address."
  value       = openstack_networking_floatingip_v2.head.address
}

output "ssh_command" {
  description = "How an operator gets onto the head."
  value       = "ssh cc@${openstack_networking_floatingip_v2.head.address}"
}

output "private_ips" {
  description = "Every node's address on the private network."
  value       = local.addresses
}

output "volume_id" {
  description = "The persistent volume on the head."
  value       = openstack_blockstorage_volume_v3.data.id
}
