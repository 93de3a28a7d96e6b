// The operations of S3 that pages ask for. Their members have the names of the AWS SDK; instants are epoch seconds.
import type { S3Object } from "./s3";

interface Named {
  Bucket: string;
  Key: string;
  VersionId?: string;
}

export interface ObjectHead {
  ContentLength: number;
  ContentType?: string;
  ContentEncoding?: string;
  CacheControl?: string;
  ContentDisposition?: string;
  LastModified: number;
  ETag: string;
  VersionId?: string;
  StorageClass?: string;
  Metadata?: Record<string, string>;
  ChecksumType?: string;
  ChecksumCRC32?: string;
  ChecksumCRC32C?: string;
  ChecksumCRC64NVME?: string;
  ChecksumSHA1?: string;
  ChecksumSHA256?: string;
}

export interface ObjectVersion {
  Key: string;
  VersionId: string;
  IsLatest: boolean;
  LastModified: number;
  Size?: number;
  ETag?: string;
}

/** Begun with CreateMultipartUpload, and neither completed nor aborted. */
export interface UnfinishedUpload {
  Key: string;
  UploadId: string;
  Initiated: number;
}

export interface Tag {
  Key: string;
  Value: string;
}

export interface S3Operations {
  "s3/ListBuckets": [
    object,
    { Buckets?: { Name: string; CreationDate: number }[]; ContinuationToken?: string },
  ];
  "s3/CreateBucket": [{ Bucket: string; CreateBucketConfiguration?: object }, object];
  "s3/DeleteBucket": [{ Bucket: string }, object];
  "s3/GetBucketVersioning": [{ Bucket: string }, { Status?: "Enabled" | "Suspended" }];
  "s3/PutBucketVersioning": [
    { Bucket: string; VersioningConfiguration: { Status: "Enabled" | "Suspended" } },
    object,
  ];
  "s3/ListObjectsV2": [
    { Bucket: string; Prefix?: string; Delimiter?: string; MaxKeys?: number; ContinuationToken?: string },
    { Contents?: S3Object[]; CommonPrefixes?: { Prefix: string }[]; NextContinuationToken?: string },
  ];
  "s3/ListObjectVersions": [
    { Bucket: string; Prefix?: string; Delimiter?: string; MaxKeys?: number },
    {
      Versions?: ObjectVersion[];
      DeleteMarkers?: ObjectVersion[];
      CommonPrefixes?: { Prefix: string }[];
      NextKeyMarker?: string;
      NextVersionIdMarker?: string;
    },
  ];
  "s3/HeadObject": [Named & { ChecksumMode: "ENABLED" }, ObjectHead];
  "s3/GetObjectTagging": [Named, { TagSet?: Tag[] }];
  "s3/DeleteObjects": [
    { Bucket: string; Delete: { Objects: { Key: string; VersionId?: string }[]; Quiet?: boolean } },
    { Deleted?: { Key: string; DeleteMarkerVersionId?: string }[]; Errors?: { Key: string; Code: string; Message: string }[] },
  ];
  "s3/CopyObject": [{ Bucket: string; Key: string; CopySource: string }, object];
  "s3/CreateMultipartUpload": [Named & { ContentType?: string }, { UploadId: string }];
  "s3/CompleteMultipartUpload": [
    Named & {
      UploadId: string;
      MultipartUpload: { Parts: { ETag: string; PartNumber: number }[] };
      IfNoneMatch?: string;
    },
    { ETag: string },
  ];
  "s3/ListMultipartUploads": [
    { Bucket: string; Prefix?: string; MaxUploads?: number },
    { Uploads?: UnfinishedUpload[]; IsTruncated?: boolean },
  ];
  "s3/ListParts": [Named & { UploadId: string; MaxParts?: number }, { Parts?: { Size: number }[]; IsTruncated?: boolean }];
  "s3/AbortMultipartUpload": [Named & { UploadId: string }, object];
}
