variable "name" {
  description = "Prefix of everything this module creates."
  type        = string
}

variable "private_cidr" {
  description = "Address range of the private network between the nodes."
  type        = string
}

variable "ingress" {
  description = "Who may reach which TCP port from outside: a name, its port and the range allowed in."
  type        = map(object({ port = number, cidr = string }))
}
