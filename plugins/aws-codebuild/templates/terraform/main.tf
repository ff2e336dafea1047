# What the builder aws-codebuild of imagespec needs: a bucket, a project, the role of builds, and a policy for callers.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "project" {
  type    = string
  default = "images"
}

variable "bucket" {
  type        = string
  description = "Name of the bucket for build contexts, which is made"
}

variable "repositories" {
  type        = string
  default     = "*"
  description = "Names of ECR repositories that images may go to, with wildcards"
}

variable "context_days" {
  type        = number
  default     = 7
  description = "Days after which build contexts are removed"
}

variable "make_repositories" {
  type        = bool
  default     = true
  description = "Whether callers may make repositories, for the option repository.ensure"
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  place        = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
  arn          = "arn:${data.aws_partition.current.partition}"
  contexts     = "${aws_s3_bucket.contexts.arn}/imagespec/contexts/*"
  log_group    = "${local.arn}:logs:${local.place}:log-group:/aws/codebuild/${var.project}"
  repositories = "${local.arn}:ecr:${local.place}:repository/${var.repositories}"
  images = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
  ]
}

resource "aws_s3_bucket" "contexts" {
  bucket = var.bucket
}

resource "aws_s3_bucket_public_access_block" "contexts" {
  bucket                  = aws_s3_bucket.contexts.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "contexts" {
  bucket = aws_s3_bucket.contexts.id

  rule {
    id     = "contexts"
    status = "Enabled"

    filter {
      prefix = "imagespec/contexts/"
    }

    expiration {
      days = var.context_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_cloudwatch_log_group" "builds" {
  name              = "/aws/codebuild/${var.project}"
  retention_in_days = 30
}

resource "aws_iam_role" "build" {
  name_prefix = "imagespec-build-"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "codebuild.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "build" {
  name = "builds"
  role = aws_iam_role.build.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = [local.log_group, "${local.log_group}:*"]
      },
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource = local.contexts
      },
      {
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = "*"
      },
      {
        Effect   = "Allow"
        Action   = local.images
        Resource = local.repositories
      },
    ]
  })
}

resource "aws_codebuild_project" "images" {
  name         = var.project
  description  = "Builds images of imagespec; every build brings its own source and buildspec"
  service_role = aws_iam_role.build.arn

  source {
    type      = "NO_SOURCE"
    buildspec = "version: 0.2\nphases: { build: { commands: [\"false\"] } }\n"
  }

  artifacts {
    type = "NO_ARTIFACTS"
  }

  environment {
    type            = "LINUX_CONTAINER"
    compute_type    = "BUILD_GENERAL1_MEDIUM"
    image           = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
    privileged_mode = true
  }

  logs_config {
    cloudwatch_logs {
      group_name = aws_cloudwatch_log_group.builds.name
    }
  }
}

resource "aws_iam_policy" "caller" {
  name_prefix = "imagespec-caller-"
  description = "For whoever runs imagespec: people and CI"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["codebuild:StartBuild", "codebuild:StopBuild", "codebuild:BatchGetBuilds", "codebuild:BatchGetProjects"]
        Resource = aws_codebuild_project.images.arn
      },
      {
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"]
        Resource = local.contexts
      },
      {
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = aws_s3_bucket.contexts.arn
      },
      {
        Effect   = "Allow"
        Action   = ["logs:GetLogEvents"]
        Resource = "${local.log_group}:*"
      },
      {
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = "*"
      },
      {
        Effect = "Allow"
        Action = concat(
          local.images,
          ["ecr:BatchDeleteImage"],
          var.make_repositories ? ["ecr:CreateRepository", "ecr:PutLifecyclePolicy", "ecr:TagResource"] : [],
        )
        Resource = local.repositories
      },
    ]
  })
}

output "bucket" {
  description = "The option bucket"
  value       = aws_s3_bucket.contexts.id
}

output "project" {
  description = "The option project"
  value       = aws_codebuild_project.images.name
}

output "caller_policy_arn" {
  description = "Attach it to the users and roles that run imagespec"
  value       = aws_iam_policy.caller.arn
}
