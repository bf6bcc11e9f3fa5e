variable "reserved_flavor_id" {
  description = "UUID of the flavor that the Blazar lease reserved; all nodes take it."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.reserved_flavor_id))
    error_message = "reserved_flavor_id must be the reserved flavor's UUID, not its name: take it from the lease."
  }
}

variable "key_pair" {
  description = "Name of the SSH key pair registered at KVM@TACC."
  type        = string
}

variable "operator_cidr" {
  description = "Who may reach SSH, as an IPv4 range; your own address is x.x.x.x/32."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.operator_cidr))
    error_message = "operator_cidr must be an IPv4 range such as 198.51.100.7/32."
  }

  validation {
    condition     = !endswith(var.operator_cidr, "/0")
    error_message = "operator_cidr must not be the whole internet: name the range that operators come from."
  }
}

variable "web_cidr" {
  description = "Who may reach HTTP and HTTPS, as an IPv4 range; operators alone unless it is set."
  type        = string
  default     = null

  validation {
    condition     = var.web_cidr == null || can(cidrnetmask(var.web_cidr))
    error_message = "web_cidr must be an IPv4 range such as 0.0.0.0/0, or left out."
  }
}

variable "workers" {
  description = "Nodes besides the head; the reservation must hold one more than this."
  type        = number
  default     = 2

  validation {
    condition     = var.workers >= 0 && floor(var.workers) == var.workers
    error_message = "workers must be a whole number, 0 or more."
  }
}

variable "volume_gb" {
  description = "Size of the persistent volume on the head, in GB."
  type        = number
  default     = 100

  validation {
    condition     = var.volume_gb >= 1 && floor(var.volume_gb) == var.volume_gb
    error_message = "volume_gb must be a whole number, 1 or more."
  }
}

variable "image" {
  description = "Name of the image that all nodes boot from: CC-Ubuntu24.04, or CC-Ubuntu24.04-CUDA on a GPU flavor."
  type        = string
  default     = "CC-Ubuntu24.04"
}

variable "private_cidr" {
  description = "Address range of the private network; the head is its 10th address, workers follow."
  type        = string
  default     = "192.168.1.0/24"

  validation {
    condition     = can(cidrnetmask(var.private_cidr)) && can(cidrhost(var.private_cidr, 10 + var.workers + 1))
    error_message = "private_cidr must be an IPv4 range with room for the head at its 10th address and every worker after it."
  }
}

variable "name" {
  description = "Prefix of everything that is created, so that one project can hold two sites."
  type        = string
  default     = "silencio"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*$", var.name))
    error_message = "name becomes part of host names: lower-case letters, digits and hyphens, a letter first."
  }
}

variable "cloud" {
  description = "Entry of clouds.yaml that holds the application credential."
  type        = string
  default     = "kvm_tacc"
}
