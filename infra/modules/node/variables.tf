variable "name" {
  description = "Name of the instance, and its host name."
  type        = string
}

variable "image" {
  description = "Name of the image it boots from."
  type        = string
}

variable "flavor_id" {
  description = "UUID of the flavor that the reservation made."
  type        = string
}

variable "key_pair" {
  description = "Name of the SSH key pair registered at the site."
  type        = string
}

variable "shared" {
  description = "The network that leads outside, and the security group that guards this node there."
  type        = object({ network_id = string, security_group_id = string })
}

variable "private" {
  description = "The network between the nodes, and this node's address on it."
  type        = object({ network_id = string, subnet_id = string, address = string })
}

variable "hosts" {
  description = "Names that the node must know from its first boot, each with its private address."
  type        = map(string)
}
